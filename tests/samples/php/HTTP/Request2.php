<?php
// Stands in for PEAR's HTTP_Request2 where it is not installed: the part of its interface that the samples use.

class HTTP_Request2_Exception extends Exception
{
}

class HTTP_Request2_Response
{
    public function __construct(private string $statusLine, private string $body)
    {
    }

    public function getStatus(): int
    {
        return (int) explode(' ', $this->statusLine)[1];
    }

    public function getBody(): string
    {
        return $this->body;
    }
}

class HTTP_Request2
{
    public const METHOD_GET = 'GET';
    public const METHOD_POST = 'POST';

    private string $url = '';
    private string $method = self::METHOD_GET;
    private array $headers = [];
    private array $fields = [];

    public function setUrl(string $url): static
    {
        $this->url = $url;
        return $this;
    }

    public function setMethod(string $method): static
    {
        $this->method = $method;
        return $this;
    }

    public function setHeader(array $headers): static
    {
        $this->headers = array_merge($this->headers, $headers);
        return $this;
    }

    public function addPostParameter(array $fields): static
    {
        $this->fields = array_merge($this->fields, $fields);
        return $this;
    }

    public function send(): HTTP_Request2_Response
    {
        $headers = $this->headers;
        $options = ['method' => $this->method, 'ignore_errors' => true, 'timeout' => 30];
        if ($this->method === self::METHOD_POST) {
            $headers['Content-Type'] = 'application/x-www-form-urlencoded';
            $options['content'] = http_build_query($this->fields);
        }
        $options['header'] = array_map(fn ($name, $value) => "$name: $value", array_keys($headers), $headers);
        $body = @file_get_contents($this->url, false, stream_context_create(['http' => $options]));
        if ($body === false) {
            throw new HTTP_Request2_Exception(error_get_last()['message'] ?? 'no answer');
        }
        return new HTTP_Request2_Response($http_response_header[0], $body);
    }
}
