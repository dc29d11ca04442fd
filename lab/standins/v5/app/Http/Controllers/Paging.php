<?php

namespace App\Http\Controllers;

class Paging
{
    /** @return array<string, mixed> */
    public static function meta(int $total, int $count, int $perPage, int $page): array
    {
        return [
            'total' => $total,
            'count' => $count,
            'per_page' => $perPage,
            'current_page' => $page,
            'total_pages' => max(1, (int) ceil($total / $perPage)),
            'links' => new \stdClass(),
        ];
    }
}
