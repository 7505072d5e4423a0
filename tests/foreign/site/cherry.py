"""A CherryPy application that counts a visitor's visits in a session."""

import cherrypy


class Root:
    @cherrypy.expose
    def index(self):
        cherrypy.session["visits"] = visits = cherrypy.session.get("visits", 0) + 1
        return f'<p>visit {visits}</p><a href="{cherrypy.url("/leave")}">leave</a>'

    @cherrypy.expose
    def leave(self):
        raise cherrypy.HTTPRedirect("/left")

    @cherrypy.expose
    def left(self):
        cherrypy.lib.sessions.expire()
        return "bye"


def make():
    cherrypy.config.update({"environment": "embedded", "engine.autoreload.on": False})
    return cherrypy.Application(
        Root(), None, {"/": {"tools.sessions.on": True}}
    )  # None: as mounted
