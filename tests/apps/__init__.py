"""What each app must keep, alone and mounted."""
