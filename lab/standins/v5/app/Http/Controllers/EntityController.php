<?php

namespace App\Http\Controllers;

use App\Http\Auth;
use App\Models\ModelNotFoundException;
use App\Models\Record;
use App\Transformers\EntityTransformer;
use App\Utils\HashedIds;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** Lists and single records of the token's company; lists filter by number, client and text, and have pages. */
class EntityController
{
    private const PER_PAGE = 20;

    public function index(Request $request, Auth $auth, string $table): Response
    {
        $where = ['`company_id` = ?'];
        $bindings = [$auth->company->id];
        if (($request->query['number'] ?? '') !== '') {
            $where[] = '`number` = ?';
            $bindings[] = $request->query['number'];
        }
        if (($request->query['client_id'] ?? '') !== '') {
            $where[] = '`client_id` = ?';
            $bindings[] = HashedIds::decode($request->query['client_id']) ?? 0;
        }
        if (($request->query['filter'] ?? '') !== '') {
            $column = match ($table) {
                'clients', 'vendors', 'projects' => 'name',
                'products' => 'product_key',
                default => 'number',
            };
            $where[] = "`{$column}` like ?";
            $bindings[] = "%{$request->query['filter']}%";
        }
        $conditions = implode(' and ', $where);
        $perPage = max(1, min(5000, (int) ($request->query['per_page'] ?? self::PER_PAGE)));
        $page = max(1, (int) ($request->query['page'] ?? 1));
        $total = (int) app()->db()->value("select count(*) from `{$table}` where {$conditions}", $bindings);
        $rows = app()->db()->select(
            "select * from `{$table}` where {$conditions} order by `id` limit {$perPage} offset " . ($page - 1) * $perPage,
            $bindings
        );
        $data = array_map(fn (array $row) => (new EntityTransformer())->transform(Record::fromRow($table, $row)), $rows);
        return $this->answer(['data' => $data, 'meta' => ['pagination' => Paging::meta($total, count($data), $perPage, $page)]]);
    }

    public function show(Request $request, Auth $auth, string $table, string $id): Response
    {
        return $this->answer(['data' => (new EntityTransformer())->transform(self::own($auth, $table, $id))]);
    }

    /** @throws ModelNotFoundException for an id of another company, or none */
    public static function own(Auth $auth, string $table, string $id): Record
    {
        return Record::firstWhere($table, ['id' => HashedIds::decode($id) ?? 0, 'company_id' => $auth->company->id])
            ?? throw new ModelNotFoundException(\App\Models\Tables::model($table));
    }

    private function answer(mixed $data): Response
    {
        return Response::json($data, 200, ['X-Api-Version' => (string) config('ninja.minimum_client_version')]);
    }
}
