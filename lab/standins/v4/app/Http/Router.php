<?php

namespace App\Http;

/** The route that a request took: its controller, and who may take it. */
class Router
{
    /** @var string|null null: everybody, 'user': who is logged in, 'owner': an account's owner */
    public $needs;
    /** @var array */
    private $target;
    /** @var string[] */
    private $parameters;

    private function __construct(array $target, ?string $needs, array $parameters)
    {
        $this->target = $target;
        $this->needs = $needs;
        $this->parameters = $parameters;
    }

    /** The first row of routes/web.php that fits, or null. */
    public static function find(Request $request): ?self
    {
        foreach (require base_path('routes/web.php') as [$method, $path, $needs, $target]) {
            $pattern = '#^' . preg_replace('/\{\w+\}/', '([^/]+)', $path) . '$#';
            if ($method === $request->method && preg_match($pattern, $request->path, $match)) {
                return new self($target, $needs, array_slice($match, 1));
            }
        }

        return null;
    }

    public function call(Request $request, Session $session): Response
    {
        [$controller, $method] = $this->target;

        return (new $controller())->$method($request, $session, ...$this->parameters);
    }
}
