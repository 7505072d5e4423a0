"""Of which stages is a plan made, and of which steps each? Nothing here touches a server."""
