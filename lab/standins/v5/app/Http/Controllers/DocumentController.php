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

/** Attachments: list, download, upload to a record, delete. */
class DocumentController
{
    // Laravel takes jpg wherever jpeg may come; tif, which a TIFF is by its content, it does not take.
    private const TYPES = 'png,ai,jpg,jpeg,tiff,pdf,gif,psd,txt,doc,xls,ppt,xlsx,docx,pptx,webp,xml,zip,csv,ods,odt,odp';

    private const MAX_KILOBYTES = 100000;

    public function index(Request $request, Auth $auth): Response
    {
        $perPage = max(1, min(5000, (int) ($request->query['per_page'] ?? 20)));
        $page = max(1, (int) ($request->query['page'] ?? 1));
        $total = (int) app()->db()->value('select count(*) from `documents` where `company_id` = ?', [$auth->company->id]);
        $rows = Record::allWhere('documents', ['company_id' => $auth->company->id], " order by `id` limit {$perPage} offset " . ($page - 1) * $perPage);
        $data = array_map(self::transform(...), $rows);
        return $this->answer(['data' => $data, 'meta' => ['pagination' => Paging::meta($total, count($data), $perPage, $page)]]);
    }

    public function show(Request $request, Auth $auth, string $id): Response
    {
        return $this->answer(['data' => self::transform(EntityController::own($auth, 'documents', $id))]);
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
        $entity = $table === 'companies' ? CompanyController::own($auth, $id) : EntityController::own($auth, $table, $id);
        $files = $request->fileList('documents');
        self::validate($files);
        foreach ($files as $file) {
            Documents::attach($entity, $auth->company, $auth->user, $file->path(), $file->getClientOriginalName());
        }
        $data = $table === 'companies' ? CompanyController::whole($entity) : (new EntityTransformer())->transform($entity);
        return $this->answer(['data' => $data]);
    }

    public function uploadToCompany(Request $request, Auth $auth, string $id): Response
    {
        return $this->upload($request, $auth, 'companies', $id);
    }

    /** Deletes the file and its row for good, without asking for the password. */
    public function destroy(Request $request, Auth $auth, string $id): Response
    {
        $document = EntityController::own($auth, 'documents', $id);
        @unlink(public_path("storage/{$document->url}"));
        app()->db()->execute('delete from `documents` where `id` = ?', [$document->id]);
        return $this->answer(['message' => 'Success']);
    }

    /**
     * The rule of every request with files: sizes, and types by what the files hold, not by their names.
     *
     * @param array<int, \Illuminate\Http\UploadedFile> $files
     * @throws HttpException 422
     */
    private static function validate(array $files): void
    {
        $errors = [];
        $types = self::TYPES . (config('ninja.upload_extensions') ? ',' . config('ninja.upload_extensions') : '');
        foreach ($files as $i => $file) {
            $size = $file->isValid() ? filesize($file->path()) / 1024 : 0;
            $message = match (true) {
                ! $file->isValid() => "The documents.{$i} failed to upload.",
                $size > self::MAX_KILOBYTES => "The documents.{$i} must not be greater than " . self::MAX_KILOBYTES . ' kilobytes.',
                ! in_array(Documents::extension($file->path()), explode(',', $types), true) =>
                    "The documents.{$i} must be a file of type: " . str_replace([',', 'jpg, '], [', ', ''], $types) . '.',
                default => null,
            };
            if ($message !== null) {
                $errors["documents.{$i}"] = [$message];
            }
        }
        if ($errors !== []) {
            throw new HttpException(422, ['message' => 'The given data was invalid.', 'errors' => $errors], 302);
        }
    }

    /** @return array<int, array<string, mixed>> the documents of a record, as the API shows them */
    public static function of(Record $entity): array
    {
        $where = ['documentable_id' => $entity->id, 'documentable_type' => Tables::morph($entity->table)];
        return array_map(self::transform(...), Record::allWhere('documents', $where));
    }

    /** @return array<string, mixed> */
    public static function transform(Record $document): array
    {
        return [
            'id' => $document->hashedId(),
            'user_id' => HashedIds::encode((int) $document->user_id),
            'assigned_user_id' => '',
            'project_id' => '',
            'vendor_id' => '',
            'name' => (string) $document->name,
            'url' => config('ninja.app_url') . "/api/v1/documents/{$document->hashedId()}/download",
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
            'link' => self::link($document),
        ];
    }

    /** The page of the record in the web application. */
    private static function link(Record $document): string
    {
        $table = Tables::table((string) $document->documentable_type);
        $edit = in_array($table, ['vendors', 'projects', 'clients'], true) ? '' : '/edit';
        return "/{$table}/" . HashedIds::encode((int) $document->documentable_id) . $edit;
    }

    private function answer(mixed $data): Response
    {
        return Response::json($data, 200, ['X-Api-Version' => (string) config('ninja.minimum_client_version')]);
    }
}
