"""How is a server far away reached?"""
