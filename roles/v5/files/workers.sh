# Prints the processes (number and command) that work on V5's jobs: cron's schedule:run, and any queue:work.
# They run in V5's directory, or name it. V5_ROOT comes in the environment.
root=$(readlink -f "$V5_ROOT")
for process in /proc/[0-9]*; do
  command=$(tr '\0' ' ' <"$process/cmdline") || continue
  case $command in
    *artisan*schedule:run* | *artisan*schedule:work* | *artisan*queue:work* | *artisan*queue:listen*) ;;
    *) continue ;;
  esac
  case "$(readlink "$process/cwd")/ $command" in
    "$root/"* | *[\ \"\']"$root/"*) echo "${process#/proc/} (${command% })" ;;
  esac
done 2>/dev/null
