"""What a phone system is: one frozen, validated type a concept."""
