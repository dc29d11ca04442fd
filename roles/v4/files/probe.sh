# What can be seen of V4 as its web user. Arguments: V4's root, PHP. Prints key=value lines; changes nothing
# (it makes and removes one empty file in each directory that must be writable: only the effect tells).
root=$1
php=$2
cd "$root" || exit 1

echo "version=$(sed -n "s/.*define('NINJA_VERSION', *'\([0-9.]*\)'.*/\1/p" app/Constants.php 2>/dev/null | head -n 1)"
# The marker of the newer of the two code states that are both called 4.5.50.
if grep -qF 'str_contains($user->username' app/Traits/GenerateMigrationResources.php 2>/dev/null; then
  echo "marker=yes"
fi
if [ -e storage/framework/down ]; then
  echo "maintenance=yes"
fi

echo "php_cli=$("$php" -r 'echo PHP_VERSION;' 2>/dev/null)"
echo "php_memory_limit=$("$php" -r 'echo ini_get("memory_limit");' 2>/dev/null)"
"$php" -m 2>/dev/null | sed -n 's/^\([A-Za-z_]*\)$/php_extension=\1/p'
# PHP may print warnings before or after it; if artisan does not start, its first words say why.
artisan=$("$php" artisan --version --no-ansi 2>/dev/null | grep '^Laravel Framework' | head -n 1)
echo "artisan=${artisan:-$("$php" artisan --version --no-ansi 2>&1 | sed '/^[[:space:]]*$/d' | head -n 1)}"
for fpm in /usr/sbin/php-fpm* /usr/local/sbin/php-fpm* /opt/remi/php*/root/usr/sbin/php-fpm; do
  if [ -x "$fpm" ]; then
    "$fpm" -v 2>/dev/null | sed -n 's/^PHP \([0-9.]*\).*/php_fpm=\1/p'
  fi
done

sed -n 's/^[[:space:]]*\(export[[:space:]]*\)\{0,1\}\([A-Z][A-Z0-9_]*\)[[:space:]]*=.*/env_key=\2/p' .env 2>/dev/null

for directory in storage storage/app storage/framework storage/framework/views storage/logs bootstrap/cache public/logo; do
  [ -d "$directory" ] || continue
  file=$directory/.ninjalift-$$
  if (: >"$file") 2>/dev/null && rm -f "$file"; then
    echo "writable=$directory"
  else
    echo "not_writable=$directory"
  fi
done
for log in storage/logs/*.log; do
  if [ -e "$log" ] && [ ! -w "$log" ]; then
    echo "not_writable=$log"
  fi
done
exit 0
