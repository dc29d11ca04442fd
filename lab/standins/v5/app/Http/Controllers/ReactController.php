<?php

namespace App\Http\Controllers;

use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** The page of the web application; every unknown GET ends here, with status 200. */
class ReactController
{
    public function page(Request $request): Response
    {
        $errors = app()->db()->value('select `report_errors` from `accounts` order by `id` limit 1');
        if ($errors === null) {
            return $this->redirect('/setup');
        }
        if (config('ninja.require_https') && ! $request->isSecure()) {
            return $this->redirect('https://' . $request->header('Host') . $request->path);
        }
        $page = file_get_contents(resource_path('views/react/index.blade.php'));
        return new Response(strtr($page, [
            '{{ report_errors }}' => (string) $errors,
            '{{ user_agent }}' => htmlspecialchars($request->header('User-Agent') ?? ''),
            '{{ version }}' => config('ninja.app_version'),
        ]), 200, ['X-Frame-Options' => 'SAMEORIGIN']);
    }

    private function redirect(string $url): Response
    {
        return new Response('', 302, ['Location' => $url]);
    }
}
