"""What people dial: PINs, the doors they open, and feature codes that become commits."""
