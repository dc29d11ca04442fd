<?php

namespace App\Models;

use App\Support\DB;

class Contact extends Model
{
    public const TABLE = 'contacts';

    public function __get(string $name)
    {
        $value = parent::__get($name);
        if ($name === 'contact_key' && ! $value && isset($this->row['id'])) { // made when it is first read
            $value = random_key(RANDOM_KEY_LENGTH);
            DB::run('UPDATE contacts SET contact_key = ?, updated_at = ? WHERE id = ?', [
                $value, date('Y-m-d H:i:s'), $this->row['id'],
            ]);
            $this->row['contact_key'] = $value;
        }

        return $value;
    }
}
