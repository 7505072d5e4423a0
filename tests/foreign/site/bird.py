"""A Falcon application that streams, takes uploads and redirects."""

import hashlib

import falcon


class Numbers:
    def on_get(self, request, response):
        response.content_type = "text/plain"
        response.stream = (f"{number}\n".encode() for number in range(1000))


class Digest:
    def on_put(self, request, response):
        digest = hashlib.sha256()
        while chunk := request.bounded_stream.read(65536):
            digest.update(chunk)
        response.media = {"sha256": digest.hexdigest(), "self": request.uri}


class Home:
    def on_get(self, request, response):
        raise falcon.HTTPSeeOther(f"{request.prefix}/numbers")


application = falcon.App()
application.add_route("/", Home())
application.add_route("/numbers", Numbers())
application.add_route("/digest", Digest())
