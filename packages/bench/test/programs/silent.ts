console.log("nothing but words")
