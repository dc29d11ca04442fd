<?php

namespace Illuminate\Queue;

use Illuminate\Console\Output;
use Throwable;

/** Works off the jobs table, one job at a time, as Laravel's worker does. */
class Worker
{
    private bool $shouldQuit = false;

    public function __construct(private readonly Output $output, private readonly WorkerOptions $options)
    {
    }

    /** @return int the exit status: 12 when the memory limit stopped the worker */
    public function run(): int
    {
        $this->listenForSignals();
        $restart = $this->restartMark();
        $started = time();
        $done = 0;
        while (true) {
            $job = app()->isDown() && ! $this->options->force ? null : $this->next();
            if ($job !== null) {
                $this->process($job);
                $done++;
            } elseif (! $this->options->once && ! $this->options->stopWhenEmpty && ! $this->shouldQuit) {
                usleep((int) ($this->options->sleep * 1000000));
            }
            if ($this->options->once || $this->shouldQuit) {
                return 0;
            }
            if (memory_get_usage(true) / 1048576 >= $this->options->memory) {
                return 12;
            }
            if ($this->restartMark() !== $restart || ($job === null && $this->options->stopWhenEmpty)) {
                return 0;
            }
            if (($this->options->maxJobs && $done >= $this->options->maxJobs)
                || ($this->options->maxTime && time() - $started >= $this->options->maxTime)) {
                return 0;
            }
        }
    }

    private function next(): ?array
    {
        foreach (explode(',', $this->options->queue) as $queue) {
            if (($job = app()->queue()->pop($queue)) !== null) {
                return $job;
            }
        }
        return null;
    }

    private function restartMark(): mixed
    {
        return app()->cache()->get('illuminate:queue:restart');
    }

    private function listenForSignals(): void
    {
        if (! function_exists('pcntl_async_signals')) {
            return;
        }
        pcntl_async_signals(true);
        foreach ([SIGTERM, SIGINT, SIGQUIT] as $signal) {
            pcntl_signal($signal, function (): void {
                $this->shouldQuit = true;
            });
        }
        pcntl_signal(SIGALRM, function (): void {
            posix_kill(getmypid(), SIGKILL);
        });
    }

    private function process(array $job): void
    {
        $payload = json_decode($job['payload'], true);
        $name = $payload['displayName'];
        $this->output->line($this->dots($name, 33, '') . ' RUNNING');
        $started = microtime(true);
        $this->alarm($payload['timeout'] ?? $this->options->timeout);
        $e = $this->attempt($job, $payload);
        $this->alarm(0);
        $time = $this->duration((microtime(true) - $started) * 1000);
        $this->output->line($this->dots($name, 31 + mb_strlen($time), $time) . ($e === null ? ' DONE' : ' FAIL'));
    }

    private function alarm(int $seconds): void
    {
        if (function_exists('pcntl_alarm')) {
            pcntl_alarm(max(0, $seconds));
        }
    }

    private function attempt(array $job, array $payload): ?Throwable
    {
        $tries = $payload['maxTries'] ?? $this->options->tries;
        $command = null;
        try {
            if ($tries > 0 && $job['attempts'] > $tries) {
                throw MaxAttemptsExceededException::forJob($payload['displayName']);
            }
            $command = unserialize($payload['data']['command']);
            $command->handle();
            app()->queue()->delete($job['id']);
            return null;
        } catch (Throwable $e) {
            if ($tries > 0 && $job['attempts'] >= $tries) {
                $this->fail($job, $payload, $command, $e);
            } else {
                app()->queue()->release($job);
            }
            app()->log()->exception($e);
            return $e;
        } finally {
            app()->userId = null;
        }
    }

    private function fail(array $job, array $payload, ?Queueable $command, Throwable $e): void
    {
        app()->queue()->delete($job['id']);
        $command?->failed($e);
        app()->db()->insert('failed_jobs', [
            'uuid' => $payload['uuid'],
            'connection' => 'database',
            'queue' => $job['queue'],
            'payload' => $job['payload'],
            'exception' => (string) mb_convert_encoding((string) $e, 'UTF-8'),
            'failed_at' => now(),
        ]);
    }

    private function dots(string $name, int $taken, string $time): string
    {
        $dots = str_repeat('.', max($this->output->width() - mb_strlen($name) - $taken, 0));
        return rtrim(sprintf('  %s %s %s %s', date('Y-m-d H:i:s'), $name, $dots, $time));
    }

    private function duration(float $milliseconds): string
    {
        return Output::duration($milliseconds);
    }
}
