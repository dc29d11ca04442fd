"""What is shown of a list of Diagnosis: text, JSON documents, JUnit XML, an HTML page. Each module returns a string."""
