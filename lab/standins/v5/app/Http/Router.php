<?php

namespace App\Http;

use App\Http\Controllers\ReactController;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** Finds the route of a request in routes/api.php and calls its controller; what is no route is the page of the web application. */
class Router
{
    private const ENTITIES = 'invoices|quotes|credits|clients|payments|products|projects|tasks|vendors|expenses|recurring_invoices|recurring_expenses'
        . '|expense_categories|task_statuses|tax_rates|payment_terms|company_gateways';

    public function dispatch(Request $request): Response
    {
        $path = rtrim($request->path, '/');
        foreach (require base_path('routes/api.php') as $group => $routes) {
            foreach ($routes as [$method, $pattern, $class, $action]) {
                $found = $this->match($pattern, $path);
                if ($found !== null && ($method === $request->method || ($request->method === 'HEAD' && $method === 'GET'))) {
                    $auth = $group === 'api' ? Auth::byToken($request) : null;
                    return (new $class())->$action($request, $auth, ...$found);
                }
            }
        }
        if (! in_array($request->method, ['GET', 'HEAD'], true)) {
            throw new HttpException(404, ['message' => 'Method not supported for this route'], 405);
        }
        return (new ReactController())->page($request);
    }

    /** @return array<int, string>|null what stands for the names in braces */
    private function match(string $pattern, string $path): ?array
    {
        $regex = str_replace(
            ['{entity}', '{id}', '{invited}', '{key}'],
            ['(' . self::ENTITIES . ')', '([A-Za-z0-9]+)', '(invoice|quote|credit|recurring_invoice)', '([^/]+)'],
            $pattern,
        );
        return preg_match("#^{$regex}$#", $path, $found) ? array_slice($found, 1) : null;
    }
}
