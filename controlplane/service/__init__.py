"""What can be asked of a deployment, by whichever face: plan, apply, look up, follow."""
