<?php

use App\Http\Controllers\CompanyController;
use App\Http\Controllers\DocumentController;
use App\Http\Controllers\EntityController;
use App\Http\Controllers\InvitationController;
use App\Http\Controllers\LoginController;
use App\Http\Controllers\MigrationController;
use App\Http\Controllers\PingController;

// Method, path, controller, action; {id} is a hashed id, {key} an invitation's. The routes of `api` want X-Api-Token.
return [
    'open' => [
        ['POST', '/api/v1/login', LoginController::class, 'login'],
        ['GET', '/client/{invited}/{key}', InvitationController::class, 'show'],
    ],
    'api' => [
        ['GET', '/api/v1/ping', PingController::class, 'ping'],
        ['GET', '/api/v1/health_check', PingController::class, 'health'],
        ['GET', '/api/v1/last_error', PingController::class, 'lastError'],
        ['POST', '/api/v1/migration/start', MigrationController::class, 'start'],
        ['POST', '/api/v1/migration/purge/{id}', MigrationController::class, 'purge'],
        ['GET', '/api/v1/companies', CompanyController::class, 'index'],
        ['GET', '/api/v1/companies/{id}', CompanyController::class, 'show'],
        ['PUT', '/api/v1/companies/{id}', CompanyController::class, 'update'],
        ['GET', '/api/v1/documents', DocumentController::class, 'index'],
        ['GET', '/api/v1/documents/{id}', DocumentController::class, 'show'],
        ['DELETE', '/api/v1/documents/{id}', DocumentController::class, 'destroy'],
        ['GET', '/api/v1/documents/{id}/download', DocumentController::class, 'download'],
        ['PUT', '/api/v1/companies/{id}/upload', DocumentController::class, 'uploadToCompany'],
        ['PUT', '/api/v1/{entity}/{id}/upload', DocumentController::class, 'upload'],
        ['GET', '/api/v1/{entity}', EntityController::class, 'index'],
        ['GET', '/api/v1/{entity}/{id}', EntityController::class, 'show'],
    ],
];
