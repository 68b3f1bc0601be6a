"""Voicemail: the mailboxes of every engine as one, whatever keeps their messages."""
