import os, subprocess
subprocess.run(["git", "status"])
exec(__import__("base64").b64decode("cHJpbnQoMSk="))
print(os.getenv("HOME"))
