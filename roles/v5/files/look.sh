# Reads what the role must know about this host in one round trip, and changes nothing.
# V5_ROOT and V5_USER come in the environment; lines "name=value" go out.
root=$V5_ROOT
say() { printf '%s=%s\n' "$1" "$2"; }

version=
if [ -r "$root/VERSION.txt" ]; then version=$(tr -d '[:space:]' <"$root/VERSION.txt"); fi
say version "$version"

# What stands there: nothing, V5, V4 or something else.
content=other
if [ ! -e "$root" ] || [ -z "$(ls -A "$root" 2>/dev/null)" ]; then content=nothing
elif [ -e "$root/app/Constants.php" ]; then content=v4
elif [ -n "$version" ] && [ -e "$root/artisan" ]; then content=v5
fi
say content "$content"

env=missing appkey=missing
if [ -e "$root/.env" ]; then
  env=$(stat -c %U:%G:%a "$root/.env")
  key=$(sed -n 's/^APP_KEY=//p' "$root/.env" | tr -d "\"' " | tail -n 1)
  case $key in
    '' | SomeRandomString) ;;
    'base64:RR++yx2rJ9kdxbdh3+AmbHLDQu+Q76i++co9Y8ybbno=') appkey=published ;;
    *) appkey=kept ;;
  esac
fi
say env "$env"
say appkey "$appkey"

# A cached configuration that is older than .env is not what .env says.
config=none
if [ -e "$root/bootstrap/cache/config.php" ]; then
  config=cached
  if [ "$root/.env" -nt "$root/bootstrap/cache/config.php" ]; then config=stale; fi
fi
say config "$config"

# One file of root in here makes V5 fail at night ("Permission denied", "is not writable").
owner=
if [ "$content" = v5 ]; then owner=$(find "$root" ! -user "$V5_USER" -print -quit); fi
say owner "$owner"

missing=
for directory in public/storage bootstrap/cache storage/logs storage/app storage/framework/cache/data \
  storage/framework/sessions storage/framework/views; do
  if [ ! -d "$root/$directory" ]; then missing="$missing $directory"; fi
done
say missing "$missing"

maintenance=no
if [ -e "$root/storage/framework/down" ]; then maintenance=yes; fi
say maintenance "$maintenance"

previous=no
if [ -e "$root.ninjalift-old/artisan" ]; then previous=yes; fi
say previous "$previous"

# How far an upgrade was that was killed, and its backup (tasks/note.yml): forward, done or back.
step=no backup=
if [ -e "$root.ninjalift-upgrade" ]; then
  { read -r step; read -r backup; } <"$root.ninjalift-upgrade" || true
fi
say step "${step:-forward}"
say backup "$backup"
if [ "$previous" = yes ]; then say previous_version "$(tr -d '[:space:]' <"$root.ninjalift-old/VERSION.txt")"; fi

# Free bytes where V5 stands or will stand.
directory=$root
while [ ! -d "$directory" ]; do directory=$(dirname "$directory"); done
say free "$(df --block-size=1 --output=avail "$directory" | tail -n 1 | tr -d ' ')"

for file in "$root"/database/migrations/*.php; do
  if [ -e "$file" ]; then file=${file##*/}; say migration "${file%.php}"; fi
done
