package main

var openshiftFailures []failure
