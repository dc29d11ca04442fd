<?php

namespace App\Http\Controllers;

use App\Http\Response;
use App\Support\Auth;

/** What a user sees after the login. */
class SettingsController
{
    public function dashboard(): Response
    {
        return Response::view('dashboard', ['account' => Auth::user()->account]);
    }

    public function accountManagement(): Response
    {
        return Response::view('account_management', ['account' => Auth::user()->account]);
    }
}
