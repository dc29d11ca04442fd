"""What every module that logs in to V5 takes; their argument specs begin with ``migration.v5_api.LOGIN_OPTIONS``."""


class ModuleDocFragment:
    """The options of the login, for ``ansible-doc``."""

    DOCUMENTATION = """
options:
  url:
    description: V5's final address, as in C(https://v5.example.com).
    type: str
    required: true
  address:
    description: An address to connect to instead of the name's; server name and certificate check stay those of O(url).
    type: str
    default: ""
  ca_file:
    description: A CA bundle on this machine that replaces its system store.
    type: str
    default: ""
  email:
    description: The owner's e-mail.
    type: str
    required: true
  passwords:
    description: One or two passwords, tried in this order. The import replaces V5's password by V4's, hence two.
    type: list
    elements: str
    required: true
  api_secret:
    description: V5's C(API_SECRET), where it has one.
    type: str
    default: ""
  client:
    description: The client's name, for the commands in messages.
    type: str
    default: ""
"""
