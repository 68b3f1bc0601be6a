"""An Asterisk, driven and controlled: over ARI and AMI."""
