"""How is the site doing? For a person who reads the log or the status page, and for machines.

`access_log` and `metrics` observe each exchange at the boundary and write a line and a count;
the `board` is memory in which all workers of a pool count. `probes` is an application of its
own, on a host name that no proxy routes to: it says whether the apps are ready (`readiness`),
gives out the metrics and shows the `status_page`.
"""
