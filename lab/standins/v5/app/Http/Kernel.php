<?php

namespace App\Http;

use App\Models\ModelNotFoundException;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Throwable;

/** Answers one request: maintenance, size limit, route, and errors as the real handler words them. */
class Kernel
{
    public function handle(Request $request): Response
    {
        try {
            app()->bootstrap();
            app()->requireKey();
            if (app()->isDown()) {
                return $this->error($request, 503, 'Service Unavailable');
            }
            if ($request->length > self::bytes(ini_get('post_max_size')) && self::bytes(ini_get('post_max_size')) > 0) {
                return $this->error($request, 413, '');
            }
        } catch (Throwable $e) {
            return $this->failure($request, $e);
        }
        try {
            $response = (new Router())->dispatch($request);
        } catch (ModelNotFoundException $e) {
            $response = $request->wantsJson() ? Response::json(['message' => $e->getMessage()], 400) : $this->error($request, 404, 'Not Found');
        } catch (HttpException $e) {
            $response = $e->plainStatus === null || $request->wantsJson()
                ? Response::json($e->body, $e->status)
                : $this->plain($request, $e->plainStatus);
        } catch (Throwable $e) {
            $response = $this->failure($request, $e);
        }
        return $response
            ->header('X-APP-VERSION', (string) config('ninja.app_version'))
            ->header('X-MINIMUM-CLIENT-VERSION', (string) config('ninja.minimum_client_version'));
    }

    private function failure(Request $request, Throwable $e): Response
    {
        try {
            app()->log()->exception($e);
        } catch (Throwable $other) {
            error_log($other->getMessage());
        }
        $message = 'Server Error';
        try {
            if (config('app.debug')) {
                $message = $e->getMessage();
            }
        } catch (Throwable) {
            return $this->error($request, 500, $message);
        }
        return $this->error($request, 500, $message);
    }

    /** What a browser gets, that is, a request without X-Requested-With or Accept: a redirect back or a page. */
    private function plain(Request $request, int $status): Response
    {
        if ($status === 302) {
            return new Response('', 302, ['Location' => (string) config('app.url')]);
        }
        return $this->error($request, $status, [403 => 'Forbidden', 404 => 'Not Found', 405 => 'Method Not Allowed'][$status]);
    }

    private function error(Request $request, int $status, string $message): Response
    {
        if ($request->wantsJson()) {
            return Response::json(['message' => $message], $status);
        }
        $title = $message === '' ? 'Payload Too Large' : $message;
        return new Response("<!DOCTYPE html>\n<html lang=\"en\"><head><title>{$title}</title></head><body>{$status} | {$title}</body></html>\n", $status);
    }

    /** A size of php.ini in bytes: 8M, 512K, 1G. */
    public static function bytes(string $size): int
    {
        $unit = strtolower(substr($size, -1));
        return (int) $size * match ($unit) {
            'g' => 1 << 30,
            'm' => 1 << 20,
            'k' => 1 << 10,
            default => 1,
        };
    }
}
