<?php

namespace App\Http\Controllers;

use App\Http\Auth;
use App\Http\HttpException;
use App\Models\Documents;
use App\Models\Record;
use App\Models\Tables;
use App\Transformers\EntityTransformer;
use App\Transformers\Transform;
use App\Utils\HashedIds;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** Attachments: list, download, upload to a record. */
class DocumentController
{
    public function index(Request $request, Auth $auth): Response
    {
        $perPage = max(1, min(5000, (int) ($request->query['per_page'] ?? 20)));
        $page = max(1, (int) ($request->query['page'] ?? 1));
        $total = (int) app()->db()->value('select count(*) from `documents` where `company_id` = ?', [$auth->company->id]);
        $rows = Record::allWhere('documents', ['company_id' => $auth->company->id], " order by `id` limit {$perPage} offset " . ($page - 1) * $perPage);
        $data = array_map($this->transform(...), $rows);
        return $this->answer(['data' => $data, 'meta' => ['pagination' => Paging::meta($total, count($data), $perPage, $page)]]);
    }

    public function show(Request $request, Auth $auth, string $id): Response
    {
        return $this->answer(['data' => $this->transform(EntityController::own($auth, 'documents', $id))]);
    }

    public function download(Request $request, Auth $auth, string $id): Response
    {
        $document = EntityController::own($auth, 'documents', $id);
        $file = public_path("storage/{$document->url}");
        if (! is_file($file)) {
            throw new HttpException(404, ['message' => 'Document no longer exists']);
        }
        return new Response(file_get_contents($file), 200, [
            'Content-Disposition' => 'attachment; filename=' . basename((string) $document->url),
        ]);
    }

    public function upload(Request $request, Auth $auth, string $table, string $id): Response
    {
        $entity = EntityController::own($auth, $table, $id);
        foreach ($request->fileList('documents') as $file) {
            if ($file->isValid()) {
                Documents::attach($entity, $auth->company, $auth->user, $file->path(), $file->getClientOriginalName());
            }
        }
        $data = (new EntityTransformer())->transform($entity);
        $data['documents'] = array_map($this->transform(...), Record::allWhere('documents', [
            'documentable_id' => $entity->id, 'documentable_type' => Tables::morph($table),
        ]));
        return $this->answer(['data' => $data]);
    }

    /** @return array<string, mixed> */
    private function transform(Record $document): array
    {
        return [
            'id' => $document->hashedId(),
            'user_id' => HashedIds::encode((int) $document->user_id),
            'assigned_user_id' => '',
            'project_id' => '',
            'vendor_id' => '',
            'name' => (string) $document->name,
            'url' => config('ninja.app_url') . "/storage/{$document->url}",
            'preview' => (string) $document->preview,
            'type' => (string) $document->type,
            'disk' => (string) $document->disk,
            'hash' => (string) $document->hash,
            'size' => (int) $document->size,
            'width' => (int) $document->width,
            'height' => (int) $document->height,
            'is_default' => (bool) $document->is_default,
            'updated_at' => Transform::time($document->updated_at),
            'archived_at' => Transform::time($document->deleted_at),
            'created_at' => Transform::time($document->created_at),
            'is_deleted' => false,
            'is_public' => (bool) $document->is_public,
            'link' => config('ninja.app_url') . "/api/v1/documents/{$document->hashedId()}/download",
        ];
    }

    private function answer(mixed $data): Response
    {
        return Response::json($data, 200, ['X-Api-Version' => (string) config('ninja.minimum_client_version')]);
    }
}
