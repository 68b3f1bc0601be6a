"""From a phone system to its routing plan (pure)."""
