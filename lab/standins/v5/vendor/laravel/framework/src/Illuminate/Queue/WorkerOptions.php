<?php

namespace Illuminate\Queue;

class WorkerOptions
{
    public function __construct(
        public readonly string $queue = 'default',
        public readonly bool $once = false,
        public readonly bool $stopWhenEmpty = false,
        public readonly bool $force = false,
        public readonly int $memory = 128,
        public readonly float $sleep = 3,
        public readonly int $tries = 1,
        public readonly int $timeout = 60,
        public readonly int $maxJobs = 0,
        public readonly int $maxTime = 0,
    ) {
    }
}
