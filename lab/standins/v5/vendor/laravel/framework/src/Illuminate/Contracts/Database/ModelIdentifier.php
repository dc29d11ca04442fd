<?php

namespace Illuminate\Contracts\Database;

/** What a queued job keeps of a row: not its values, only where to find it again. */
class ModelIdentifier
{
    public ?string $collectionClass = null;

    /** @param array<int, string> $relations */
    public function __construct(
        public string $class,
        public mixed $id,
        public array $relations = [],
        public ?string $connection = 'mysql',
    ) {
    }
}
