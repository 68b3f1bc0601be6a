"""What handsets fetch over HTTP and HTTPS."""
