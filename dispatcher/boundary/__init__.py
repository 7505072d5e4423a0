"""What may pass between an app and the rest of the site? It surrounds every app at every address.

`middleware` is called by the router and calls the app. On the way in, `request` leaves of the
environ what can be believed, and `cookies` those that are the app's own; on the way out,
`response` holds the app to PEP 3333 and turns a failure into a page, and `headers` sees that
redirects and cookies stay below the mount. The observers are told of each `exchange`.
"""
