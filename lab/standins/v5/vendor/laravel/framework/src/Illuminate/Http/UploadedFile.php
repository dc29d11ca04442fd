<?php

namespace Illuminate\Http;

/** A file of a multipart request. */
class UploadedFile
{
    /** @param array{name: string, type?: string, tmp_name: string, error: int, size?: int} $file */
    public function __construct(private readonly array $file)
    {
    }

    public function getClientOriginalName(): string
    {
        return basename($this->file['name']);
    }

    public function path(): string
    {
        return $this->file['tmp_name'];
    }

    public function isValid(): bool
    {
        return $this->file['error'] === UPLOAD_ERR_OK;
    }

    /**
     * Stores the file below public/storage. A file that PHP dropped for its size leaves an empty file and `false`: nobody looks at
     * the error of the part.
     */
    public function storeAs(string $folder, string $name, string $disk): string|false
    {
        $target = public_path("storage/{$folder}");
        if (! is_dir($target) && ! @mkdir($target, 0775, true)) {
            return false;
        }
        if (! $this->isValid()) {
            @touch("{$target}/{$name}");
            return false;
        }
        if (! @copy($this->file['tmp_name'], "{$target}/{$name}")) {
            return false;
        }
        @chmod("{$target}/{$name}", 0664);
        return "{$folder}/{$name}";
    }
}
