<?php

namespace Illuminate\Queue;

use Error;

/** Puts jobs on the configured queue: the jobs table, or at once when the connection is sync. PHP's Redis extension is not here. */
class QueueManager
{
    public const RETRY_AFTER = 90000000;

    public function push(Queueable $job): void
    {
        if (config('queue.default') === 'sync') {
            $job->handle();
            return;
        }
        if (config('queue.default') !== 'database') {
            throw new Error('Class "Redis" not found');
        }
        $this->store($this->payload($job), 'default');
    }

    /** @param array<string, mixed> $payload */
    public function store(array $payload, string $queue): void
    {
        app()->db()->insert('jobs', [
            'queue' => $queue,
            'attempts' => 0,
            'reserved_at' => null,
            'available_at' => time(),
            'created_at' => time(),
            'payload' => json_encode($payload),
        ]);
    }

    /** @return array<string, mixed> the payload in Laravel's shape */
    private function payload(Queueable $job): array
    {
        return [
            'uuid' => uuid(),
            'displayName' => $job::class,
            'job' => 'Illuminate\\Queue\\CallQueuedHandler@call',
            'maxTries' => $job->tries,
            'maxExceptions' => null,
            'failOnTimeout' => false,
            'backoff' => null,
            'timeout' => $job->timeout,
            'retryUntil' => null,
            'data' => ['commandName' => $job->commandName(), 'command' => serialize($job)],
        ];
    }

    /** Reserves the next job that is due and counts the attempt; null when there is none. */
    public function pop(string $queue): ?array
    {
        return app()->db()->transaction(function () use ($queue): ?array {
            $job = app()->db()->first(
                'select * from `jobs` where `queue` = ? and ((`reserved_at` is null and `available_at` <= ?) or (`reserved_at` <= ?))'
                . ' order by `id` asc limit 1 for update skip locked',
                [$queue, time(), time() - self::RETRY_AFTER]
            );
            if ($job === null) {
                return null;
            }
            $job['attempts']++;
            app()->db()->update('jobs', ['reserved_at' => time(), 'attempts' => $job['attempts']], $job['id']);
            return $job;
        });
    }

    public function delete(int $id): void
    {
        app()->db()->execute('delete from `jobs` where `id` = ?', [$id]);
    }

    /** Gives a job back, to be tried again. @param array<string, mixed> $job */
    public function release(array $job): void
    {
        app()->db()->update('jobs', ['reserved_at' => null, 'available_at' => time()], $job['id']);
    }
}
