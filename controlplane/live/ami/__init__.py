"""Asterisk's manager interface (AMI), for what ARI has no verb."""
