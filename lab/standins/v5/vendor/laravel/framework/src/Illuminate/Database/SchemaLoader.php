<?php

namespace Illuminate\Database;

use Symfony\Component\Process\Exception\ProcessFailedException;

/** Feeds a schema file to the `mysql` program; the connection is handed over in LARAVEL_LOAD_* variables, as Laravel does. */
class SchemaLoader
{
    /** @throws ProcessFailedException when the program is missing or refuses the schema */
    public function load(string $path): void
    {
        $c = config('database.connections.mysql');
        $command = 'mysql --user="${:LARAVEL_LOAD_USER}" --password="${:LARAVEL_LOAD_PASSWORD}"'
            . ($c['unix_socket'] ? ' --socket="${:LARAVEL_LOAD_SOCKET}"' : ' --host="${:LARAVEL_LOAD_HOST}" --port="${:LARAVEL_LOAD_PORT}"')
            . ' --database="${:LARAVEL_LOAD_DATABASE}" < "${:LARAVEL_LOAD_PATH}"';
        $variables = [
            'LARAVEL_LOAD_SOCKET' => $c['unix_socket'],
            'LARAVEL_LOAD_HOST' => $c['host'],
            'LARAVEL_LOAD_PORT' => (string) $c['port'],
            'LARAVEL_LOAD_USER' => $c['username'],
            'LARAVEL_LOAD_PASSWORD' => $c['password'],
            'LARAVEL_LOAD_DATABASE' => $c['database'],
            'LARAVEL_LOAD_PATH' => $path,
        ];
        $pipes = [];
        $process = proc_open(
            ['sh', '-c', str_replace('${:', '${', $command)],
            [1 => ['pipe', 'w'], 2 => ['pipe', 'w']],
            $pipes,
            base_path(),
            [...getenv(), ...$variables]
        );
        $output = stream_get_contents($pipes[1]);
        $errors = stream_get_contents($pipes[2]);
        $status = proc_close($process);
        if ($status !== 0) {
            $meaning = [1 => 'General error', 126 => 'Invoked command cannot execute', 127 => 'Command not found'][$status] ?? 'Unknown error';
            throw new ProcessFailedException(
                "The command \"{$command}\" failed.\n\nExit Code: {$status}({$meaning})\n\nWorking directory: " . base_path()
                . "\n\nOutput:\n================\n{$output}\n\nError Output:\n================\n{$errors}"
            );
        }
    }
}
