"""What the product costs and how that grows, measured on a real engine: `make bench`."""
