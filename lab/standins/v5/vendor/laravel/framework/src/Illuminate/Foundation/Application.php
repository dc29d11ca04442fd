<?php

namespace Illuminate\Foundation;

use ErrorException;
use Exception;
use Illuminate\Cache\FileStore;
use Illuminate\Database\Connection;
use Illuminate\Log\Logger;
use Illuminate\Mail\Mailer;
use Illuminate\Queue\QueueManager;
use Illuminate\Support\Env;
use RuntimeException;
use Symfony\Component\ErrorHandler\Error\FatalError;

/** The application: paths, configuration and the few shared services. */
class Application
{
    private static ?self $instance = null;

    private ?Config $config = null;

    /** @var array<string, object> shared services by class name */
    private array $services = [];

    /** The id of the user of this request or job; it goes into the context of logged errors. */
    public ?int $userId = null;

    public function __construct(private readonly string $basePath)
    {
        self::$instance = $this;
    }

    public static function instance(): self
    {
        return self::$instance;
    }

    public function basePath(string $path = ''): string
    {
        return $path === '' ? $this->basePath : "{$this->basePath}/{$path}";
    }

    /** Resolves the two kernels by their contract, and everything else by its class. */
    public function make(string $name): object
    {
        $class = match (ltrim($name, '\\')) {
            'Illuminate\\Contracts\\Console\\Kernel' => \App\Console\Kernel::class,
            'Illuminate\\Contracts\\Http\\Kernel' => \App\Http\Kernel::class,
            'config' => Config::class,
            default => $name,
        };
        return $class === Config::class ? $this->config() : $this->services[$class] ??= new $class();
    }

    public function log(): Logger
    {
        return $this->make(Logger::class);
    }

    public function db(): Connection
    {
        return $this->make(Connection::class);
    }

    public function cache(): FileStore
    {
        return $this->make(FileStore::class);
    }

    public function queue(): QueueManager
    {
        return $this->make(QueueManager::class);
    }

    public function mailer(): Mailer
    {
        return $this->make(Mailer::class);
    }

    public function config(): Config
    {
        $this->bootstrap();
        return $this->config;
    }

    public function environment(): string
    {
        return (string) $this->config()->get('app.env');
    }

    public function isDown(): bool
    {
        return is_file($this->basePath('storage/framework/down'));
    }

    public function cachedConfigPath(): string
    {
        return $this->cachePath('APP_CONFIG_CACHE', 'config.php');
    }

    private function cachePath(string $key, string $file): string
    {
        $path = Env::get($key);
        if ($path === null) {
            return $this->basePath("bootstrap/cache/{$file}");
        }
        return str_starts_with($path, '/') ? $path : $this->basePath($path);
    }

    /** Loads the configuration once: the cached one if there is one, else .env and config/*.php. */
    public function bootstrap(): void
    {
        if ($this->config !== null) {
            return;
        }
        error_reporting(E_ALL);
        ini_set('display_errors', 'off');
        set_error_handler(self::raise(...));
        $this->logFatalErrors();
        $cached = $this->cachedConfigPath();
        $this->config = new Config(is_file($cached) ? require $cached : $this->freshConfig());
        date_default_timezone_set($this->config->get('app.timezone', 'UTC'));
        mb_internal_encoding('UTF-8');
        $this->writeManifest('packages.php');
        $this->writeManifest('services.php');
    }

    /**
     * Too little memory and the like end PHP at once; the log gets to know on the way out. What that needs is loaded before,
     * and the reserve is larger than Laravel's 32 KiB, for PHP gives memory back in pages: by chance too few of them were free.
     */
    private function logFatalErrors(): void
    {
        class_exists(FatalError::class);
        $this->log();
        $reserve = str_repeat('x', 262144);
        register_shutdown_function(function () use (&$reserve): void {
            $reserve = null;
            $error = error_get_last();
            if ($error !== null && in_array($error['type'], [E_ERROR, E_CORE_ERROR, E_COMPILE_ERROR, E_PARSE], true)) {
                $this->log()->exception(new FatalError($error));
            }
        });
    }

    /** Reads .env and config/*.php, whatever is cached. */
    public function freshConfig(): array
    {
        try {
            Env::load($this->basePath('.env'));
        } catch (RuntimeException $e) {
            file_put_contents('php://stderr', "The environment file is invalid!\n{$e->getMessage()}\n");
            http_response_code(500);
            exit(1);
        }
        $items = [];
        foreach (glob($this->basePath('config/*.php')) as $file) {
            $items[basename($file, '.php')] = require $file;
        }
        return $items;
    }

    /** Package discovery leaves these two files behind on the first start, and needs a place for them. */
    private function writeManifest(string $name): void
    {
        $file = $this->cachePath($name === 'packages.php' ? 'APP_PACKAGES_CACHE' : 'APP_SERVICES_CACHE', $name);
        if (is_file($file)) {
            return;
        }
        if (! is_writable(dirname($file))) {
            throw new Exception('The ' . dirname($file) . ' directory must be present and writable.');
        }
        file_put_contents($file, "<?php return array (\n);");
    }

    /** Warnings and notices become exceptions; deprecations do not. */
    public static function raise(int $level, string $message, string $file = '', int $line = 0): bool
    {
        if (in_array($level, [E_DEPRECATED, E_USER_DEPRECATED], true)) {
            return true;
        }
        if (error_reporting() & $level) {
            throw new ErrorException($message, 0, $level, $file, $line);
        }
        return false;
    }

    /** @throws MissingAppKeyException when no key is configured */
    public function requireKey(): void
    {
        if ((string) $this->config()->get('app.key') === '') {
            throw new MissingAppKeyException();
        }
    }

    /** Encrypts a value with the application's key, as Laravel's encrypter stores it. */
    public function encrypt(mixed $value): string
    {
        $this->requireKey();
        $key = (string) $this->config()->get('app.key');
        $key = str_starts_with($key, 'base64:') ? base64_decode(substr($key, 7)) : $key;
        $iv = random_bytes(16);
        $text = openssl_encrypt(serialize($value), 'aes-256-cbc', $key, 0, $iv);
        $iv = base64_encode($iv);
        $mac = hash_hmac('sha256', $iv . $text, $key);
        return base64_encode(json_encode(['iv' => $iv, 'value' => $text, 'mac' => $mac, 'tag' => ''], JSON_UNESCAPED_SLASHES));
    }

    /** The reverse of encrypt(). */
    public function decrypt(string $payload): mixed
    {
        $this->requireKey();
        $key = (string) $this->config()->get('app.key');
        $key = str_starts_with($key, 'base64:') ? base64_decode(substr($key, 7)) : $key;
        $data = json_decode(base64_decode($payload), true);
        if (! is_array($data) || ! hash_equals(hash_hmac('sha256', $data['iv'] . $data['value'], $key), $data['mac'])) {
            throw new RuntimeException('The MAC is invalid.');
        }
        return unserialize(openssl_decrypt($data['value'], 'aes-256-cbc', $key, 0, base64_decode($data['iv'])));
    }
}
