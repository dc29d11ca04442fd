<?php

namespace App\Http\Controllers;

use App\Http\Auth;
use App\Http\HttpException;
use App\Models\ModelNotFoundException;
use App\Models\Record;
use App\Transformers\CompanyTransformer;
use App\Utils\HashedIds;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** Companies: all of the account are listed, but a token changes only its own. */
class CompanyController
{
    public function index(Request $request, Auth $auth): Response
    {
        $rows = array_map((new CompanyTransformer())->transform(...), Record::allWhere('companies', ['account_id' => $auth->user->account_id]));
        return $this->answer(['data' => $rows, 'meta' => ['pagination' => Paging::meta(count($rows), count($rows), max(1, count($rows)), 1)]]);
    }

    public function show(Request $request, Auth $auth, string $id): Response
    {
        return $this->answer(['data' => self::whole(self::own($auth, $id))]);
    }

    public function update(Request $request, Auth $auth, string $id): Response
    {
        $company = self::own($auth, $id);
        $input = array_diff_key($request->input, ['_method' => 1]);
        if (isset($input['settings'])) {
            $settings = $company->json('settings');
            foreach ((array) $input['settings'] as $name => $value) {
                $settings->$name = $value;
            }
            $input['settings'] = $settings;
            $company->settings = $settings;
        }
        $company->fill($input)->save()->fresh();
        return $this->answer(['data' => (new CompanyTransformer())->transform($company)]);
    }

    /** @return array<string, mixed> a company with its documents, which no list of companies has */
    public static function whole(Record $company): array
    {
        return (new CompanyTransformer())->transform($company) + ['documents' => DocumentController::of($company)];
    }

    /** @throws HttpException 401 for another company than the token's */
    public static function own(Auth $auth, string $id): Record
    {
        $company = Record::find('companies', HashedIds::decode($id) ?? 0) ?? throw new ModelNotFoundException('App\\Models\\Company');
        if ($company->id !== $auth->company->id) {
            throw new HttpException(401, ['message' => 'This action is unauthorized.'], 403);
        }
        return $company;
    }

    private function answer(mixed $data): Response
    {
        return Response::json($data, 200, ['X-Api-Version' => (string) config('ninja.minimum_client_version')]);
    }
}
