"""Put the site on its servers: look, plan, act."""
