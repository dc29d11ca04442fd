<?php

namespace App\Http\Controllers;

use App\Http\Auth;
use App\Models\Accounts;
use App\Utils\SystemHealth;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

class PingController
{
    public function ping(Request $request, Auth $auth): Response
    {
        return Response::json(['company_name' => Accounts::companyName($auth->company), 'user_name' => Accounts::userName($auth->user)]);
    }

    public function health(Request $request, Auth $auth): Response
    {
        return Response::json(SystemHealth::check());
    }

    public function lastError(Request $request, Auth $auth): Response
    {
        return Response::json(['last_error' => SystemHealth::lastError()]);
    }
}
