"""Mailboxes of a deployment, and the mails that tell of new messages."""
