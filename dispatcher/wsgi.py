"""``dispatcher.wsgi:application``: what gunicorn serves, as the environment says.

The variables are those of `dispatcher.settings.Settings`.
"""

import os

from dispatcher.serving.application import serve
from dispatcher.settings import Settings

application = serve(Settings.of(os.environ))
