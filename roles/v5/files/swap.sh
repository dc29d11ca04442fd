# Puts a new release of V5 in the place of the old one. V5_ROOT, V5_NEW and V5_OLD come in the environment.
# What is the client's (.env, storage, public/storage) is linked into the new tree, so the old one stays whole until the end.
set -eu
rm -rf "$V5_OLD"
rm -rf "$V5_NEW/storage" "$V5_NEW/public/storage"
cp --archive --link "$V5_ROOT/storage" "$V5_NEW/storage"
if [ -e "$V5_ROOT/public/storage" ]; then cp --archive --link "$V5_ROOT/public/storage" "$V5_NEW/public/storage"; fi
cp --archive "$V5_ROOT/.env" "$V5_NEW/.env"
rm -f "$V5_NEW"/bootstrap/cache/*.php
mv --no-target-directory "$V5_ROOT" "$V5_OLD"
mv --no-target-directory "$V5_NEW" "$V5_ROOT"
