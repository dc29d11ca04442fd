<?php

namespace App\Http;

/** What the browser's cookie ninja_session stands for: a file of storage/framework/sessions. */
class Session
{
    private const COOKIE = 'ninja_session';
    private const LIFETIME = 8 * 3600;

    /** @var self|null */
    private static $current;

    /** @var string */
    private $id;
    /** @var array */
    private $values = [];
    /** @var string[] names that live for one more request */
    private $old = [];

    /** The session of the request's cookie; a new one where there is none, or it is too old. */
    public static function start(): self
    {
        $session = new self();
        $id = $_COOKIE[self::COOKIE] ?? '';
        $session->id = is_string($id) && preg_match('/^[a-z0-9]{40}$/', $id) ? $id : random_key(40);
        $file = $session->file();
        if (is_file($file) && filemtime($file) > time() - self::LIFETIME) {
            $session->values = unserialize(file_get_contents($file), ['allowed_classes' => false]) ?: [];
        }
        $session->old = $session->values['_flash'] ?? [];
        $session->values['_flash'] = [];
        $session->values += ['_token' => random_key(40)];

        return self::$current = $session;
    }

    public static function current(): ?self
    {
        return self::$current;
    }

    public function get(string $key, $default = null)
    {
        return $this->values[$key] ?? $default;
    }

    public function has(string $key): bool
    {
        return isset($this->values[$key]);
    }

    public function put(string $key, $value): void
    {
        $this->values[$key] = $value;
    }

    /** A value that the next request sees, and no later one. */
    public function flash(string $key, $value): void
    {
        $this->values[$key] = $value;
        $this->values['_flash'][] = $key;
        $this->old = array_diff($this->old, [$key]);
    }

    public function token(): string
    {
        return $this->values['_token'];
    }

    /** Another id for the same session, as after a login. */
    public function regenerate(): void
    {
        @unlink($this->file());
        $this->id = random_key(40);
        $this->values['_token'] = random_key(40);
    }

    /** Forget everything. */
    public function flush(): void
    {
        @unlink($this->file());
        $this->id = random_key(40);
        $this->values = ['_flash' => [], '_token' => random_key(40)];
    }

    /** Write the file and send the cookie. */
    public function save(): void
    {
        $this->values = array_diff_key($this->values, array_flip($this->old));
        file_put_contents($this->file(), serialize($this->values), LOCK_EX);
        setcookie(self::COOKIE, $this->id, [
            'path' => '/',
            'secure' => (bool) env('SESSION_SECURE', false),
            'httponly' => true,
        ]);
    }

    private function file(): string
    {
        return storage_path('framework/sessions/' . $this->id);
    }
}
