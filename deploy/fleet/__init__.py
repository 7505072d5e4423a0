"""How do many servers do one thing: all of them, or none?"""
