# Prints the numbers of all descendants of the process `top`, in one line, in the order of `ls`.
BEGIN {
    command = "ls /proc"
    while ((command | getline pid) > 0) {
        if (pid !~ /^[0-9]+$/) continue
        file = "/proc/" pid "/stat"
        if ((getline line < file) > 0) {
            sub(/^.*\) /, "", line)
            split(line, field, " ")
            parent[pid] = field[2]
            # One that is dead already, and only waits for its parent, needs no end.
            if (field[1] != "Z") pids[++count] = pid
        }
        close(file)
    }
    close(command)
    for (i = 1; i <= count; i++) {
        for (up = pids[i]; up in parent && up != top; up = parent[up]) if (up <= 1) break
        if (up == top && pids[i] != top) printf "%s ", pids[i]
    }
}
