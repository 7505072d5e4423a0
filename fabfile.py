"""``fab --list`` shows what can be done: the tasks are in `deploy.tasks`.

A task imports what it needs when it runs: `deploy` builds the release while it does.
"""

import sys

from invoke.collection import Collection

from deploy.tasks.caring import prune, restart
from deploy.tasks.certifying import certificates
from deploy.tasks.closing import maintenance
from deploy.tasks.completing import answer
from deploy.tasks.deploying import attach, deploy, pack, rollback
from deploy.tasks.keeping import backup, restore
from deploy.tasks.looking import doctor, history, logs, releases, status
from deploy.tasks.preparing import bootstrap, trust
from deploy.tasks.running import execute, shell
from deploy.tasks.secrets import secrets_list, secrets_remove, secrets_rotate, secrets_set

answer(sys.argv, Collection.from_module(sys.modules[__name__]).tasks)
