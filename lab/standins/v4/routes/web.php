<?php

use App\Http\Controllers\AppController;
use App\Http\Controllers\ClientPortalController;
use App\Http\Controllers\LoginController;
use App\Http\Controllers\SettingsController;
use App\Http\Controllers\StepsController;

/** Method, path, who may, controller and method. */
return [
    ['GET', '/', null, [AppController::class, 'index']],
    ['GET', '/setup', null, [AppController::class, 'setup']],
    ['GET', '/update', null, [AppController::class, 'update']],
    ['GET', '/login', null, [LoginController::class, 'show']],
    ['POST', '/login', null, [LoginController::class, 'login']],
    ['GET', '/logout', null, [LoginController::class, 'logout']],
    ['GET', '/view/{key}', null, [ClientPortalController::class, 'view']],
    ['GET', '/client/login', null, [ClientPortalController::class, 'login']],
    ['GET', '/dashboard', 'user', [SettingsController::class, 'dashboard']],
    ['GET', '/settings/account_management', 'user', [SettingsController::class, 'accountManagement']],
    ['GET', '/migration/start', 'owner', [StepsController::class, 'start']],
    ['POST', '/migration/type', 'owner', [StepsController::class, 'handleType']],
    ['GET', '/migration/endpoint', 'owner', [StepsController::class, 'endpoint']],
    ['POST', '/migration/endpoint', 'owner', [StepsController::class, 'handleEndpoint']],
    ['GET', '/migration/auth', 'owner', [StepsController::class, 'auth']],
    ['POST', '/migration/auth', 'owner', [StepsController::class, 'handleAuth']],
    ['GET', '/migration/companies', 'owner', [StepsController::class, 'companies']],
    ['POST', '/migration/companies', 'owner', [StepsController::class, 'handleCompanies']],
    ['GET', '/migration/completed', 'owner', [StepsController::class, 'completed']],
    ['POST', '/migration/forward', 'owner', [StepsController::class, 'forwardUrl']],
    ['GET', '/migration/disable_forward', 'owner', [StepsController::class, 'disableForwarding']],
];
