<?php

namespace App\Models;

use DateTime;

/** When a recurring invoice or expense is due next. */
trait HasRecurrence
{
    private static $steps = [
        1 => '1 week', 2 => '2 weeks', 3 => '4 weeks', 4 => '1 month', 5 => '2 months', 6 => '3 months',
        7 => '4 months', 8 => '6 months', 9 => '1 year', 10 => '2 years',
    ];

    public function getNextSendDate(): ?DateTime
    {
        if ($this->is_recurring && ! $this->is_public) {
            return null;
        }
        $hour = ' ' . $this->account->recurring_hour . ':00:00';
        if ($this->start_date && ! $this->last_sent_date) {
            return $this->account->getDateTime($this->start_date . $hour);
        }
        if (! $this->start_date || ! isset(self::$steps[$this->frequency_id])) {
            return null;
        }
        $next = self::add(new DateTime($this->last_sent_date . $hour), self::$steps[$this->frequency_id]);
        if ($this->end_date && $next > new DateTime($this->end_date . ' 24:00:00')) {
            return null;
        }

        return $next;
    }

    /** Add a step; the 31st becomes the last day of a shorter month. */
    private static function add(DateTime $date, string $step): DateTime
    {
        $next = (clone $date)->modify('+' . $step);
        $isWeeks = strpos($step, 'week') !== false;
        if (! $isWeeks && $next->format('d') !== $date->format('d')) {
            $next->modify('last day of previous month');
        }

        return $next;
    }

    public function shouldSendToday(): bool
    {
        $user = $this->user;
        if (! $user->confirmed || ! $this->start_date || new DateTime($this->start_date) > new DateTime()) {
            return false;
        }
        if ($this->end_date && new DateTime($this->end_date) < new DateTime()) {
            return false;
        }
        if (! $this->last_sent_date) {
            return true;
        }
        $next = $this->getNextSendDate();

        return $next !== null && new DateTime() >= $next;
    }
}
